#include "checks/refusal_rules.hpp"

namespace taskgate::checks {
namespace {

// clang-format off
const char* const kEnglishSorry =
    "(?:(?:hi|hello|hey|no|well|oh|thank you[^.!,]{0,60}|thanks[^.!,]{0,60}|i appreciate[^.!]{0,80}|i understand[^.!]{0,100})[,.! ]+)?(?:(?:(?:i'?m|i am|we're|we are) (?:really |very |so |truly |terribly |deeply |genuinely )?(?:sorry|afraid)(?: (?:that |to |about |you)[^.!?]{0,70}(?:, but|but))?|so sorry|sorry(?: about that)?|(?:my )?(?:sincere )?apologies|i (?:sincerely |do )?apologi[sz]e|unfortunately|regrettably)[,.!;: -]*(?:but |however,? |that )?)?(?:as an? (?:ai|language model|large language model|assistant|responsible)[^,.]{0,40}, )?";
const char* const kEnglishUnable =
    "(?:i|we)(?: really| simply| just| also| therefore)? ?(?:can't|cannot|can not|couldn't|won't|will not|(?:am|'m|are|'re) (?:not able to|unable to|not going to|not willing to|unwilling to|not comfortable|not permitted to|not allowed to|not in a position to)|(?:do not|don't) feel comfortable|must refuse to|refuse to|decline to)";
const char* const kEnglishVerb =
    "(?: (?:directly|ethically|in good conscience|knowingly|possibly|actually))*(?: (?:provide|provid(?:e|ing)|offer(?:ing)?|giv(?:e|ing)|shar(?:e|ing)|writ(?:e|ing)|creat(?:e|ing)|generat(?:e|ing)|produc(?:e|ing)|draft(?:ing)?|assist(?:ing)?|help(?:ing)?|support(?:ing)?|comply|fulfil+|answer(?:ing)?|engag(?:e|ing)|discuss(?:ing)?|continue|participat(?:e|ing)|facilitat(?:e|ing)|advis(?:e|ing)|reveal(?:ing)?|disclos(?:e|ing)|do (?:that|this|so)|carry out|go along|walk you|explain how|describe how|tell you how|show you how|teach|take part|contribut(?:e|ing)|pretend|impersonat(?:e|ing)|respond to (?:that|this|your|such)|make (?:that|this|such)|complete (?:that|this|your)|process (?:that|this)|role-?play|endors(?:e|ing)|recommend (?:ways|methods|how)|be (?:able to )?(?:help|assist|part of)))\\b";

}  // namespace

std::vector<std::string> refusal_openings() {
  const std::string sorry = kEnglishSorry;
  return {
    sorry + kEnglishUnable + kEnglishVerb,
    sorry + "(?:i|we) (?:must|have to|need to|will have to|'ll have to|respectfully|am going to|'m going to|politely)? ?(?:respectfully |politely )?decline\\b",
    sorry + "(?:i'd|i would) (?:rather|prefer) not(?: to)? (?:speculate|comment|help|assist|answer|discuss|write|provide|engage|do|say|talk|get into|share|continue|go)\\b",
    sorry + "(?:that|this|it)(?:'s| is| isn't| is not)(?: not)? something (?:that )?(?:i|we)(?: can| am able to|'m able to| could| will|'m willing to| am willing to|'m comfortable)(?:'t| not)? (?:help|assist|do|provide|discuss|engage|support|write|share|participate|comfortable|doing|helping|answer)",
    sorry + "(?:this|that|your|the) (?:request|question|prompt|content|topic|query|task)(?: \\w+){0,4} (?:violates?|goes against|conflicts with|is against|is not permitted|isn't permitted|is not allowed|is prohibited|falls outside|goes beyond what|is beyond what|was (?:flagged|blocked|rejected)|has been (?:flagged|blocked|rejected|declined)|cannot be (?:fulfilled|completed|processed))",
    sorry + "(?:my|our|the) (?:\\w+ )?(?:guidelines|policy|policies|safety rules|rules|programming|terms)(?: \\w+){0,3} (?:don't|do not|doesn't|does not|won't|prevents? me|stops? me|prohibit|prevent|forbid|prevents|forbids|prohibits)(?: allow| permit| let)?(?: me| us)?",
    sorry + "(?:it would be|it's|it is|that would be) (?:\\w+ )?(?:inappropriate|unethical|irresponsible|wrong|illegal|harmful|not appropriate) (?:for me|of me) to\\b",
    sorry + "(?:(?:no|nope)[,.] )?(?:that|this|it) (?:falls|is|lies|goes) (?:outside|beyond) what (?:i|we)(?:'m| am| can|'re| are)\\b|[^.!?]{0,60}\\bi(?:'m| am|'ll| will)(?: going to| have to)? pass on (?:this|that)|(?:no|nope|sorry)?[,. ]*i can't do (?:that|this)[.!]",
    "(?:let's|let us|can we|could we|why don't we|how about we) (?:please )?(?:talk about|discuss|change|switch to|move on to|focus on) (?:something else|the subject|a different|another (?:topic|subject)|other topics)",
    // German
    "(?:(?:danke[^.!,]{0,60}|hallo|nein)[,.! ]+)?(?:(?:es )?tut mir (?:sehr |wirklich |aufrichtig )?leid|entschuldigung|entschuldige|entschuldigen sie(?: bitte)?|verzeihung|leider|ich bedau?e?re(?: sehr)?|als (?:ki|sprachmodell)[^,.]{0,40})?[,.! ]*(?:aber |doch |dass )?(?:[\\pL ]{0,60}?)\\b(?:(?:ich|wir) (?:kann|können|darf|dürfen|werde|werden|möchte|bin|sehe)|(?:kann|darf|werde|möchte|können) (?:ich|wir))\\b[^.!?:]{0,70}?\\b(?:nicht|kein\\w*|außerstande|ablehnen)\\b[^.!?:]{0,110}?(?:\\bhelfen|weiterhelfen|unterstützen|behilflich|bereitstellen|geben\\b|erstellen|schreiben|beantworten|anbieten|erfüllen|nachkommen|eingehen|nennen|verfassen|mitwirken|teilnehmen|beteiligen|ausführen|generieren|erteilen|\\bdienen|verraten|erklären, wie|anleiten|befolgen|unterhalten|sprechen)",
    "(?:das geht leider nicht[,.]? )?(?:denn )?(?:solche|diese|derartige)[rns]? [\\pL-]+ (?:stelle|erstelle|schreibe|gebe|verfasse|liefere|unterstütze) ich (?:leider )?nicht|das geht leider nicht, denn solche|bitte haben sie verständnis[^.!?]{0,80}nicht (?:eingehen|helfen|antworten|beantworten)|lass(?:en sie)? uns (?:lieber |doch )?(?:über etwas anderes|das thema)|(?:(?:es )?tut mir (?:sehr )?leid|entschuldigung|leider|diese anfrage|ihre anfrage|deine anfrage|diesen? (?:inhalt|wunsch|bitte))?[,.! ]*(?:aber |doch )?(?:(?:ich|wir) (?:muss|müssen|lehne|möchte) [^.!?]{0,60}?(?:ablehnen|ab\\b)|(?:muss|müssen) (?:ich|wir) [^.!?]{0,60}ablehnen|(?:verstößt|widerspricht) [^.!?]{0,40}?(?:richtlinie|nutzungs|regeln|grundsätze))",
    // French
    "(?:(?:merci[^.!,]{0,60}|bonjour|non)[,.! ]+)?(?:je suis (?:vraiment |sincèrement |profondément )?(?:désolée?|navrée?)|désolée?|navrée?|toutes mes excuses|mes excuses|je m'excuse|malheureusement|je regrette|excusez-moi|en tant qu'(?:ia|assistant|intelligence)[^,.]{0,50})?[,.! ]*(?:mais )?(?:je|nous) (?:(?:ne |n')(?:peux|puis|pourrai|suis|vais|pouvons|souhaite)[^.!?:]{0,70}?(?:\\baider|assister|fournir|répondre|donner|créer|écrire|rédiger|générer|satisfaire|accéder|traiter|produire|expliquer|accompagner|participer|partager|discuter|donner suite|proposer|poursuivre|révéler|conseiller|exécuter)|(?:(?:ne |n')(?:(?:vous |t')?(?:aiderai|fournirai|donnerai|répondrai|écrirai|rédigerai|participerai|expliquerai) pas|ai pas le droit|ai pas la possibilité)|refuse|dois (?:\\w+ )?(?:décliner|refuser)|préfère ne pas))|(?:[^.!?]{0,30}il m'est impossible de (?:répondre|vous aider|donner|traiter|satisfaire))|parlons (?:plutôt )?d'autre chose|(?:(?:cette|votre) demande|ce contenu) (?:enfreint|viole|va à l'encontre|ne respecte pas|contrevient)",
    // Spanish
    "(?:(?:gracias[^.!,]{0,60}|hola|no)[,.! ]+){0,2}(?:lo siento(?: mucho)?|lo lamento|lamento|disculpa|disculpe|perdón|perdona|mis disculpas|lamentablemente|desafortunadamente|me temo que|por desgracia|como (?:ia|modelo|asistente|inteligencia)[^,.]{0,40})?[,.! ]*(?:pero |que )?(?:yo )?(?:(?:no (?:puedo|podré|podría|podemos|me es posible|estoy (?:autorizad|en condiciones|dispuest|en posición)\\w*|me siento cómod\\w*|voy a|tengo permitido|debo))[^.!?:]{0,70}?(?:ayudar|asistir|proporcionar|ofrecer|responder|\\bdar\\w*\\b|crear|escribir|redactar|generar|cumplir|atender|brindar|facilitar|explicar|compartir|participar|revelar|colaborar|hablar|discutir|hacer eso|hacerlo|continuar|satisfacer|aconsejar)|no (?:te |le |os )?(?:escribiré|ayudaré|proporcionaré|daré|haré|redactaré|generaré|participaré)|me niego a|(?:mejor )?hablemos de otra cosa|(?:debo|tengo que|prefiero) (?:rechazar|declinar|negarme|no )|(?:esta|su|tu) (?:solicitud|petición) (?:infringe|viola|va en contra|incumple))",
    // Portuguese
    "(?:(?:obrigad[oa][^.!,]{0,60}|olá|não)[,.! ]+){0,2}(?:desculpe|me desculpe|desculpa|sinto muito|lamento|peço desculpas?|infelizmente|perdão|como (?:ia|um modelo|assistente|uma? ia|uma inteligência)[^,.]{0,40})?[,.! ]*(?:mas |que )?(?:eu )?(?:não (?:posso|consigo|poderei|podemos|estou (?:autorizad|em condições|dispost|apto)\\w*|me é possível|vou|me sinto (?:confortável|à vontade)|tenho permissão|devo)[^.!?:]{0,70}?(?:ajud|auxiliar|fornec|respond|\\bdar\\b|criar|escrever|redigir|gerar|atender|cumprir|oferec|explicar|compartilhar|partilhar|participar|revelar|colaborar|falar|discutir|fazer isso|continuar|prestar|informar|ensinar|aconselhar)|não (?:escreverei|ajudarei|fornecerei|darei|farei|redigirei|participarei)|recuso-me a|me recuso a|vamos (?:falar|conversar) (?:de|sobre) outra coisa|(?:devo|preciso|tenho (?:de|que)|prefiro) (?:recusar|declinar|não )|(?:este|esse|o seu|seu|esta|essa|sua|a sua) (?:solicitação|pergunta|pedido) (?:viola|vai contra|infringe))",
    // Chinese
    "(?:您好|你好|感谢[^，。]{0,20}|谢谢[^，。]{0,20})?[，,。!！ ]*(?:非常|很|十分|真的很|真的)?(?:恕我|抱歉|对不起|對不起|不好意思|遗憾)?[，,。!！ ]*(?:但是|但|不过|作为[^，,。]{0,20}[，,])?(?:恐怕)?(?:我|我们|这个我|该请求我)?(?:目前|暂时)?(?:无法|無法|无权|無權|不能|没办法|不可以|不便|不会|不應|不应|拒绝|難以|难以)[^。！？!?：:]{0,24}?(?:提供|帮助|幫助|帮您|帮你|幫|协助|協助|回答|满足|滿足|完成|生成|撰写|創作|创作|编写|讨论|討論|透露|参与|參與|继续|支持|回应|回應|执行|处理|處理|分享|这样做|讲解|教您|教你|指导|写[^。]{0,8}(?:信|文章|内容|代码))",
    "(?:抱歉|对不起|很抱歉)?[，,。 ]*(?:这个|该|您的|你的|此|這個|此類|此类)(?:请求|請求|問題|问题|内容|要求|話題|话题)[^。]{0,12}?(?:违反|違反|不符合|超出|不被允许)|我们还是(?:聊|谈)点?别的|(?:让我们|我们)?换(?:一?个)?话题|恕(?:我)?(?:不能|无法|難以|难以)",
    // Japanese
    "(?:ありがとうございます[。、 ]*)?(?:(?:大変|誠に|まことに|本当に)?(?:申し訳(?:ございません|ありません|ない(?:です)?)|すみません|すいません|恐れ入ります|残念です|ごめんなさい|残念ながら|恐縮です|あいにく)(?:が|けれど(?:も)?|けど)?)?[、。,. ]*[^。！？]{0,60}?(?:お手伝い|手伝|お答え|答え|対応|協力|提供|お応え|応え|支援|作成|回答|サポート|お教え|教え|ご案内|説明|生成|応じ|手助け|お力|力になる|助言|お伝え|書く|議論|お話し|開示)[^。！？]{0,14}?(?:できません|できかね|いたしかね|致しかね|出来ません|かねます|わけには(?:いきません|まいりません)|お断り|ことはありません|差し控え|控えさせて)|[^。]{0,40}(?:添い|沿い)かね|[^。]{0,30}お答えできる範囲を超え|[^。]{0,10}別の話(?:題)?(?:に|を)(?:しましょう|しませんか)|[^。]{0,30}(?:規約|ポリシー|ガイドライン)に(?:違反|反)|(?:申し訳[^。]{0,12}[、。])?[^。]{0,30}お断り(?:します|いたします|させて)",
    // Russian
    "(?:(?:спасибо[^.!,]{0,60}|здравствуйте|нет)[,.! ]+)?(?:извините|простите|к сожалению|мне (?:очень )?жаль|прошу прощения|сожалею|увы|боюсь,? что|как (?:ии|языковая модель|искусственный)[^,.]{0,40})?[,.! ]*(?:но )?(?:(?:я|мы) )?(?:(?:не (?:могу|смогу|буду|можем|готова?|вправе|имею (?:права|возможности)|в состоянии|стану))[^.!?:]{0,60}?(?:помо|предостав|ответ|отвеч| дать|давать|созда|написа|писать|выполн|генерир|обсужд|содейств|подел|участв|состав|рассказ|объясн|консультир|продолж|раскры|поддерж|сделать)|(?:вынужден[а-я]*|должн[а-я]*|предпоч[а-я]*) (?:отказ|отклон|не )|отказываюсь |давайте (?:лучше )?поговорим о (?:чём|чем|друг)|(?:этот|ваш) (?:запрос|вопрос) выходит за рамки|(?:этот|ваш) (?:запрос|вопрос) (?:нарушает|противоречит))",
};
}

std::vector<std::string> signs_of_an_answer() {
  return {
    // something is delivered
    "\\b(?:here is|here are|here's|see below|as follows|the following|below (?:is|are)|below:|step 1|for example:|in short|the short answer|in summary)\\b",
    // contrast followed by content rather than by an offer
    "\\b(?:but|however|that said|nevertheless|nonetheless|although|though|still|yet),? (?:the|it|its|this|these|they|he|she|we know|most|many|based|according|as of|roughly|about|approximately|in (?:19|20|general)|from|on|at|for|historically|typically|generally|usually|a|an|\\d)\\b",
    // something is missing from the input, so no answer is possible yet
    "\\bwithout (?:more|further|additional|knowing|seeing|access|the|a|an|your|any)\\b|\\b(?:until|unless|once|if) you (?:share|send|upload|attach|paste|provide|tell|give|specify|confirm|let me)|\\b(?:wasn't|weren't|isn't|aren't|was not|were not|is not|are not|doesn't|does not|didn't|did not|no) (?:attached|included|provided|mentioned?|stated?|specif\\w+|contain\\w*|appear|cover\\w*|say|come through|attachment|file|any attachment|in the)|\\b(?:is|are|was|were) (?:missing|unreadable|illegible|empty|cut off)\\b|\\b(?:which|what|could you|can you|please) (?:\\w+ ){0,4}?(?:mean|clarify|specify|share|paste|attach|upload|provide (?:the|more|your)|tell me (?:which|what|more))",
    // a narrator or a quotation
    "\\b(?:said|told|whispered|shouted|replied|muttered|wrote|insisted|thought|snapped|asked|sighed|laughed)\\b",
    "(?i)\\b(?:hier (?:ist|sind|finden|habe)|folgende[ns]?\\b|sagte|flüsterte|antwortete|ohne (?:weitere|die|den|das|mehr|genauere)|nicht (?:angehängt|enthalten|erwähnt|beigefügt)|nicht genug|nicht umhin|wenn sie mir|sobald sie|bitte (?:senden|schicken|laden|geben|nennen|teilen) sie mir|anhang|aber (?:die|der|das|es|sie|laut|nach|in|im|etwa|rund|seit) )|nicht (?:sagen|ausdrücken), wie|kaum",
    "(?:voici|voilà|ci-dessous|suivante?s? |a-t-il dit|dit-il|dit-elle|murmura|répondit|m'empêcher|sans (?:plus|le|la|les|connaître|savoir|davantage)|pas (?:joint|mentionn|inclus|fourni)\\w*|pourriez-vous|pouvez-vous|merci de (?:me )?(?:joindre|préciser)|assez (?:remerci|recommand|insist)\\w*|que vous (?:donner raison|féliciter)|mais (?:le|la|les|il|elle|selon|en|environ|d'après) )",
    "(?:aquí (?:está|están|tienes?)|a continuación|siguientes?|dijo|susurró|respondió|contestó|dejar de|evitar|sin (?:más|el|la|los|conocer|saber|ver)|no (?:se )?(?:menciona|adjunt|incluy|aparece|viene)\\w*|podrías?|puedes?|pero (?:el|la|los|las|según|en|unos|aproximadamente|es|se) |más que (?:agradec|felicit|dar)|suficiente)|por favor,? (?:adjunt|env|comparte|indi)\\w*",
    "(?:aqui (?:está|estão|vai)|a seguir|segue|seguem|seguintes?|disse|sussurrou|respondeu|deixar de|evitar|sem (?:mais|o|a|os|saber|ver|conhecer)|não (?:foi|está|foram|consta|aparece|veio|há) (?:anexad|mencionad|incluíd|no|na|em|nenhum)\\w*|poderia|pode me|você pode|mas (?:o|a|os|as|segundo|em|cerca|aproximadamente|é) |mais do que (?:agradec|parabeniz)|o suficiente)",
    "以下|如下|首先|步骤|請提供|请提供|请上传|请告诉|請告訴|没有附|未附|没有提到|未提及|缺少|说道|他说|她说|喊道|不能不|不得不|无法想象|忍不住|但根据|但是根据|不过根据|不过[^我]{0,3}?(?:大约|通常|一般)|但(?:大约|通常|一般)|太多感谢|更加",
    "以下|次の(?:とおり|通り|手順|よう)|ご(?:提供|提示|共有|送付)(?:いただけ|ください)|教えて(?:いただけ|ください)|と(?:言った|答えた|叫んだ|つぶやいた)|しか(?:ない|ありません|できません)|言い尽くせ|一般的には|約\\d|ですが、(?:資料|文書|公式)",
    "(?:вот |ниже|следующ|сказал|прошептал|ответил|воскликнул|крикнул|не могу не |без (?:дополнительн|этого|файла|доступа|уточн|самого)|не (?:прикреп|приложен|упомин|указан|содерж)|уточните|пришлите|прикрепите|если вы (?:пришл|укаж|уточн|прикреп)|но (?:по|в|около|это|обычно|примерно|согласно|он|она|они) |достаточно (?:поблагодар|сильно)|передать слов)",
    // lists, code, tables
    "(?:^|\\n)\\s*(?:[-*•] |\\d+[.)、] |```|\\||#{1,4} )",
  };
}

std::vector<std::string> refusal_hints() {
  return {
    "\\b(?:i|we)(?: am|'m| are|'re)? ?(?:can't|cannot|can not|won't|will not|unable to|not able to|not comfortable) (?:help|assist|provide|comply|fulfil+|engage|support|discuss|share|do that|write|create|answer|giv\\w+|with)",
    "\\bas an ai\\b|\\bas a language model\\b|\\bai language model\\b",
    "\\b(?:against|violates?|violating) (?:my|our|the) (?:\\w+ )?(?:guidelines|polic(?:y|ies)|terms)",
    "\\b(?:i|we) (?:must|have to|respectfully) decline\\b|\\bnot something i can\\b|\\bi'd rather not\\b|\\bi would prefer not\\b",
    "\\bnot appropriate\\b|\\binappropriate (?:request|content)\\b|\\bi want to be direct\\b|\\bcontent polic(?:y|ies)\\b",
    "nicht (?:weiter)?helfen|nicht behilflich|(?:anfrage|bitte) ablehnen|gegen (?:meine|unsere|die) [\\pL-]*richtlinien",
    "ne (?:peux|puis) pas (?:vous |t'|y )?(?:aider|répondre|fournir)|contraire à (?:mes|nos) (?:règles|principes)",
    "no puedo (?:ayudar|asistir|proporcionar|responder|cumplir)|va en contra de (?:mis|nuestras) ",
    "não posso (?:ajud|fornec|respond|atender|compactuar)|contra (?:as minhas|nossas|as) (?:diretrizes|políticas)",
    "(?:无法|不能)(?:提供|协助|帮助|回答|满足)|違反|违反[^。]{0,8}?(?:政策|准则|规定)",
    "(?:お手伝い|お答え|対応|提供|ご協力)(?:することは|は)?(?:できません|できかねます|いたしかねます)",
    "не могу (?:помочь|предоставить|ответить|выполнить|обсуждать)|наруша[а-я]+ (?:правила|политику)",
  };
}

const char* const kRefusalIdiom =
    "(?i)(?:can't|cannot|can not|couldn't) help (?:but|myself|it\\b|\\w+ing\\b)|can(?:'t|not) (?:recommend|stress|thank|emphasi[sz]e|praise|support)[^.]{0,40} enough|(?:reveal|spoil|give away|tell you|verrat\\w*|révél\\w*|dévoil\\w*|revelar|contar|раскры\\S*|透露|剧透|明か)?[^.!?]{0,12}(?:the ending|das ende|la fin\\b|el final|o final|финал|结局|結末)|thank you enough|agradec|remercier|nicht genug danken|отблагодар|не могу не |添付(?:されて|が)|記載(?:されて|が)|没有(?:文件|附件)|缺少(?:文件|附件)";

const char* const kRenderingTask =
    "(?i)translat|rephras|paraphras|proofread|rewrit|correct the (?:grammar|spelling)|quote|verbatim|repeat after|transcri|classif|label |role-?play|story|novel|dialogue|lyrics|poem|example of a (?:refusal|polite)|decline politely|write (?:\\w+ ){0,5}(?:email|letter|reply|message|response|announcement|notice)|says?\\b.*\\?|übersetz|formulier|schreib\\w* (?:\\w+ ){0,4}(?:absage|mail|e-mail|brief|antwort|geschichte|schreiben)|zitier|tradui|reformul|rédige[rz]? (?:un|une)|écri(?:s|vez) (?:un|une)|traduc|reescrib|redacta (?:un|una)|escribe (?:un|una)|traduz|reescrev|redija|escreva (?:um|uma)|翻译|翻譯|改写|润色|写一封|写一个|写一段|引用|翻訳|訳して|書き換え|メールを|手紙を|文面|物語|перевед|перефраз|процитир|напиши(?:те)? (?:письмо|ответ|рассказ|вежливый)";

const char* const kAnswerKey =
    "(?i)^(?:answer|response|reply|output|result|message|content|summary|explanation|text|description|completion|final_answer|antwort|respuesta|resposta|réponse|reponse|mensaje|mensagem|nachricht|texto|texte|сообщение|ответ|回答|答案|消息|answer_text|body)$";
// clang-format on

}  // namespace taskgate::checks
