"""Characters and words of persons' names and of places, written down by hand."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _characters(text: str) -> frozenset[str]:
    return frozenset("".join(text.split()))


# Surnames by frequency in China, in three ranks.
FIRST_RANK = _characters(
    """
    王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗
    """
)
SECOND_RANK = _characters(
    """
    郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹
    熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱覃武戚莫孔向汤闫俞鲁章
    """
)
THIRD_RANK = _characters(
    """
    严常温康施牛文洪葛季梅庞翟齐庄聂焦尚柳邢伍路骆柴盛殷祝左管车包娄詹凌霍童耿祁项裴岳申游符辛古安欧柯卜樊宁
    关裘苗费鲍卞卓屠华房缪解应宗单竺阮舒涂麦褚虞翁倪丘蓝甘艾鞠简冉占边喻饶冷佟桂蒲储明桑党娜沙查练商计闻荆谷
    席靳成阳穆隋楚滕仇匡巫连代展晏习池尉邬诸全冼时茅郎郁臧原胥濮寿蔺仲刁宫米满苟郜岑巩宣乔景戈鄢楼步迟巴封阚
    娥付覃隆
    """
)
COMPOUND = _words(
    """
    欧阳 诸葛 司马 上官 夏侯 东方 尉迟 皇甫 公孙 慕容 令狐 宇文 长孙 司徒 端木 澹台 轩辕 南宫 独孤 百里 西门
    申屠 公冶 濮阳 太史 呼延 单于 钟离 闾丘 鲜于 拓跋 司空 第五 淳于 赫连 完颜 叶赫
    """
)
# Usual in given names.
GIVEN = _characters(
    """
    伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞刚桂英华玉兰红玲芬芝荣珍莉建国志文斌辉鹏飞宇浩波宁俊峰晓雪雨婷佳琪
    琳欣怡梦瑶思涵子轩梓豪泽睿博昊然晨皓萱妍倩颖慧雅洁雯莹蕾璐薇馨菲蓉茜媛婕姗岚冰爱凤仙娥妹姐花菊香美春生根
    法祥福贵财富兴发旺德忠义仁礼智信孝良善诚正君民卫兵保东亮海林森松柏龙虎彪雄威武毅健康庆凯旋胜利立功成栋梁
    世昌永长顺友才宝金银铁钢焕炳灿烨炜煜燕萍云梅琴珠翠彩素淑贤惠贞清婉巧凡嘉家诗韵甜悦瑜琦瑾璇琼瑞翔翰霖宸铭
    锋铮鑫淼晶晖曦旭昱昕晟阳耀光坤乾恒远航帆启承继绍维绪传学书雁莺鸣鹤麟骏驰骋腾跃冲奕弈舒畅乐欢喜笑安吉祺祯
    禄寿芹莲芸苗茵茹菁蓓蔚依伊伶俐俏倪仪仲伦伯培增尧岩平广庭廷弘彤彦彬心恩惟愉慈懿戎捷敬斐新方晴景朋朝本权材
    标树桦楠榕槿歌毓江沛沐泉泓津洪浪涌润淇渊湘源滢漫澄澜灵炎炫烈焱熙爽珂珊珏珺理瑛璟甫益真硕祖秋程穗章竹筠纯
    纲绮绢缘翊聪肖胤致舟艺芷若茂荷萌葆蓝衡裕西言诺谦谨豫贝轶迅达迪逸道郁采钊钦钧锐锦镇闻阔陶雷震霆霏青靖非韬
    音颂风驹魁鲁黎齐娣娴妮姣婧婵媚嫣孟季宜宏宗宪容宽宾尔展岳崇川州巍帅希干庚延弟彭虹琰赟茗苒芮珣玥婳妤妘姝妙
    嬿嬛懋楷彧骁锴铖锟淳湛潇澎瀚昀晔晗暄暖旻昭暐珩琛璋璞瑄翎翌苓蓁蕙蘅荃蔓霓霁雱露
    """
)
# They end names of places, or are what places are made of.
PLACE = _characters(
    """
    村庄镇街路巷弄里坊乡区县市府州桥山河湖湾塘浜岭坞溪浦港埠渡滩洲岛沟坡坑坪坝垟岙畈墩墟堰堤渠堡寨屯营集店铺
    场圩圳厂园苑城关门口头尾角墙井池潭泽渚汀荡漾洋泾泗埭埂田地坂原岗冈峪峡谷洞崖矶滘涌沥堂庙寺庵观祠殿阁楼台
    亭塔院宅屋舍房棚堆窑堠埝墅墓坟坳坨垸塬塆屿嶂川段站库闸上下前后中内外边旁侧南北西左右大小老旧新双三四五六
    七八九十百千万半一二两社队组户所
    """
)
# Of these, those that hardly end a given name.
MARKEDLY_PLACE = _characters(
    """
    村庄镇街路巷弄桥湾塘浜坞浦港埠坑岙畈墩堰寨屯圩埭渚荡泾岗沟坡店铺厂园苑城区县市乡社溪岭堡营
    """
)
# Surnames that as often begin a place's name: 安昌, 马鞍, 平水, 华舍, 石桥.
ALSO_PLACE = _characters(
    """
    安马钱华石金江柳白古高方文万龙温田叶梅桑关黄洪阳常武汤路水东于宁明成沙向连原池丘岳项甘兰谷郎梁
    """
)
# They begin with a surname and name nobody.
NOT_A_NAME = _words(
    """
    不详 未知 无名 匿名 其他 其它 暂无 民警 辅警 群众 路人 安全 安静 安装 文化 文明 文体 文娱 文教 常规 常态
    成人 成立 高空 高层 高速 高危 黄赌 黄赌毒 金融 方案 方便 明显 明火 时间 时段 管理 管制 管控 应急 宣传
    全部 全天 路面 路口 车辆 车祸 水管 游客 游乐 商业 商户 商铺 商贸 石油 白天 古树 盗窃 华侨 万元 万达 党员
    党建 党组 封闭 边界 连锁 单位 单车 解决 经济 关闭 关注 常住 安保 安防 时尚 计划 计算 计生 尚未 充电 步行
    房屋 房产 米面 米线 包裹 包装 谷物 明确 温泉 满意 向阳 向东 向西 向南 向北 汤圆 牛肉 马路 马术 游泳 应届
    柴油 乔迁 全民 全国 经营 时事 左侧 左转 右侧 东方 西门 南宫 百里 符合 练习 桂花 计量 车管 车库 车间 成品
    成品油 池塘 封山 席位
    """
)
# How Uyghur, Kazakh, Tibetan and Mongolian names are written in Chinese.
SYLLABLES_OF_OTHERS = _characters(
    """
    阿依古丽买提吐尔逊艾合木热孜迪力库班江汗克拜巴哈努夏曼帕莎瓦娜衣明亚斯马苏莱布都拉然卡伊不音色沙扎西卓玛
    次仁旺堆达央金格桑丹增多吉才让索朗德平措顿珠尼乌云其琴图雅日呼和特那松米希
    """
)
ENGLISH_FIRST = _words(
    """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew
    anthony mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason
    jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel
    gregory frank alexander raymond patrick jack dennis jerry tyler aaron jose adam henry nathan douglas
    zachary peter kyle walter ethan jeremy harold keith christian roger noah gerald carl terry sean austin
    arthur lawrence jesse dylan bryan joe jordan billy bruce albert willie gabriel logan alan juan wayne
    roy ralph randy eugene vincent russell elijah louis bobby philip johnny martin luis carlos miguel
    antonio pedro ali omar ahmed mohammed ivan oscar victor simon hugh neil ian colin mary patricia
    jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa betty margaret sandra ashley
    kimberly emily donna michelle dorothy carol amanda melissa deborah stephanie rebecca sharon laura
    cynthia kathleen amy shirley angela helen anna brenda pamela nicole samantha katherine emma ruth
    christine catherine debra rachel carolyn janet virginia maria heather diane julie joyce victoria
    olivia kelly christina lauren joan evelyn judith megan cheryl andrea hannah martha jacqueline frances
    gloria ann teresa kathryn sara janice jean alice madison doris abigail julia judy grace denise amber
    marilyn beverly danielle theresa sophia marie diana brittany natalie isabella charlotte rose alexis
    kayla lucy chloe zoe ella mia carmen rosa ana fatima jane tony mike bob tom jim bill steve dave chris
    dan ben sam alex nick edwin leon felix max leo grant clara ellen irene lillian edith phyllis norma
    paula wendy tina leslie kate claire fiona gavin stuart graham derek trevor nigel barry clive malcolm
    duncan craig shaun darren stanley leonard francis frederick herbert liam oliver lucas mason owen finn
    finley harvey harrison freddie alfie archie theo toby jake luke connor callum cameron declan aidan
    aiden brendan cormac niall rory rhys gareth gwyn huw evan emlyn alun euan angus hamish fergus lachlan
    ewan murray bradley wesley dwayne marcus darius andre tyrone jerome malik reggie maurice clarence
    ernest cecil reginald norman geoffrey godfrey rupert quentin jeremiah isaac caleb dean adrian dominic
    damian julian sebastian elliot elliott spencer marvin melvin leroy curtis glenn glen kieran siobhan
    sinead niamh aoife bronwyn sian carys rhiannon imogen poppy daisy freya isla ivy evie millie phoebe
    florence matilda beatrice harriet eleanor penelope georgia georgina gemma kerry kirsty lorraine
    maureen sheila valerie vera hilda mabel muriel audrey hazel joanne joanna louise lydia naomi natasha
    nadia tanya tracey tracy stacey shannon vanessa yvonne yvette zara aisha ayesha amina fatimah khadija
    layla leila maryam zainab priya anjali deepa kavita lakshmi meera neha pooja sunita raj rajesh ravi
    sanjay sunil vijay arjun amit anil arun hamza hassan hussein ibrahim imran ismail khalid mustafa yusuf
    bilal tariq usman abdul abdullah mohamed muhammad mohammad chinedu emeka oluwaseun kwame kofi adebayo
    ngozi diego javier jorge ricardo roberto fernando francisco eduardo rafael sergio alejandro lucia
    elena sofia gabriela guadalupe
    """
)
ENGLISH_LAST = _words(
    """
    smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez
    wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez
    lewis robinson walker young allen king wright scott torres nguyen hill flores green adams nelson baker
    hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards
    collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey
    reed kelly howard ramos kim cox ward richardson watson brooks chavez wood james bennett gray mendoza
    ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez powell jenkins perry
    russell sullivan bell coleman butler henderson barnes gonzales fisher vasquez simmons romero jordan
    patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera
    gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald
    woods washington kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson
    porter hunter gordon mendez silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black
    robertson boyd rose stone salazar fox warren mills meyer rice schmidt garza daniels ferguson nichols
    stephens soto weaver ryan gardner payne grant dunn kelley spencer hawkins arnold pierce hansen peters
    obrien oconnor oneill fraser macdonald clarke khan singh ahmed ali hussain begum wong chan lam cheung
    """
)
PINYIN_LAST = _words(
    """
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu lin guo he gao luo zheng liang xie song
    tang deng feng han cao zeng peng xiao cai pan tian dong yuan yu ye jiang du su wei cheng lu lyu ding
    shen ren yao fu zhong cui tan liao fan shi jin dai jia xia qiu fang hou zou xiong meng qin bai yan xue
    yin duan lei long tao gu mao hao gong shao wan qian qi mo kong xiang ouyang zhuge
    """
)
